// Puts the browser's time zone into a form that nobody has typed into. Without this it is UTC until somebody says another.
(() => {
  const field = document.querySelector('input[data-own-zone]');
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  // A browser may know zones, or names of them, that the service doesn't.
  const isListed = [...field.list.options].some(({ value }) => value === timeZone);
  if (isListed && field.value === field.defaultValue) field.value = timeZone;
})();
