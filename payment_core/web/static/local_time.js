// A receipt is read where the customer is: their device knows the time there. Without JavaScript it is the merchant's, and says so.
const locale = document.documentElement.lang;
const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
const zones = new Intl.DateTimeFormat(locale, { timeZoneName: "long" });
for (const element of document.querySelectorAll("time")) {
  const at = new Date(element.dateTime);
  const zone = zones.formatToParts(at).find(({ type }) => type === "timeZoneName");
  if (zone) element.textContent = `${moments.format(at)} (${zone.value})`;
}
