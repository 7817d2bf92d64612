// Stands in for the record page's own component: posts the signed request as Canvas does, and keeps the fields fresh.
const POLL_MS = 1000;
const HIGHLIGHT_MS = 2500;

const live = document.querySelector("[data-live]");
const announcements = document.querySelector("[data-announcements]");
const requestRows = document.querySelector("[data-requests]");

document.querySelector("[data-launch]").submit();

function highlight(element) {
  element.classList.add("changed");
  setTimeout(() => element.classList.remove("changed"), HIGHLIGHT_MS);
}

function put(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  highlight(element);
  return true;
}

function updateField({ name, text, tone }) {
  const element = document.querySelector(`[data-field="${CSS.escape(name)}"]`);
  if (!element || !put(element, text)) return null;
  if (tone) {
    // The badge repeats a field that is announced already.
    element.classList.remove("good", "busy", "warn", "plain");
    element.classList.add(tone);
    return null;
  }
  return `${element.dataset.label} is now ${text || "empty"}.`;
}

function newRow({ id, cells }) {
  const row = document.createElement("tr");
  row.dataset.request = id;
  for (const { name } of cells) {
    const cell = document.createElement("td");
    cell.dataset.cell = name;
    row.append(cell);
  }
  return row;
}

function updateRequests(requests) {
  requests.forEach((request, place) => {
    const selector = `[data-request="${CSS.escape(request.id)}"]`;
    const row = requestRows.querySelector(selector) ?? newRow(request);
    if (requestRows.children[place] !== row) requestRows.insertBefore(row, requestRows.children[place] ?? null);
    request.cells.forEach(({ text }, column) => put(row.children[column], text));
  });
  while (requestRows.children.length > requests.length) requestRows.lastElementChild.remove();
  document.querySelector("[data-request-count]").textContent = requests.length;
  document.querySelector("[data-request-table]").hidden = requests.length === 0;
  document.querySelector("[data-no-requests]").hidden = requests.length > 0;
}

async function refresh() {
  const answer = await fetch(live.dataset.live, { cache: "no-store" });
  if (!answer.ok) return;
  const { fields, requests } = await answer.json();
  const sentences = fields.map(updateField).filter(Boolean);
  updateRequests(requests);
  if (sentences.length > 0) announcements.textContent = sentences.join(" ");
}

async function keepFresh() {
  try {
    await refresh();
  } catch (error) {
    // The org is not reachable now: what is shown stays, and the next turn asks again.
    if (!(error instanceof TypeError)) throw error;
  } finally {
    setTimeout(keepFresh, POLL_MS);
  }
}

keepFresh();
