// The link's secret stands behind the #. It goes into the form, and out of the address and the history.

const field = document.getElementById("token");
const given = window.location.hash.slice(1);
if (given && field) {
  field.value = given;
  field.closest("label").hidden = true;
  window.history.replaceState(null, "", window.location.pathname);
}
