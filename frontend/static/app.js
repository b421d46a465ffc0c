// Everything works without this file. It only adds two comforts: the error
// summary gets the focus, and a form is not sent twice by an impatient tap.
(function () {
  "use strict";
  var summary = document.querySelector(".errors");
  if (summary) summary.focus();
  document.addEventListener("submit", function (e) {
    var form = e.target;
    if (form.dataset.sent) { e.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, 8000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (f) { delete f.dataset.sent; });
  });
})();
