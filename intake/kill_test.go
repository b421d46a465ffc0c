package intake_test

const childEnv = "ACUERDO_INTAKE_CHILD"

func importAsChild() {}
