package payments_test

func helperMain() {}
