// Keeps the conversation fresh. The server renders it, so the page works the same without this.
const conversation = document.getElementById("conversation");
let tag = null;

function toEnd() {
  conversation.scrollTop = conversation.scrollHeight;
}

async function refresh() {
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(conversation.dataset.source, { headers });
    if (answer.status === 200) {
      const fresh = await answer.text();
      // the first answer only repeats what the page already shows
      if (tag !== null || fresh.trim() !== conversation.innerHTML.trim()) show(fresh);
      tag = answer.headers.get("ETag");
    }
  } catch {
    // the sandbox restarts now and then; the next round will find it
  }
  setTimeout(refresh, 1000);
}

function show(fresh) {
  const atEnd = conversation.scrollHeight - conversation.scrollTop - conversation.clientHeight < 60;
  conversation.innerHTML = fresh;
  if (atEnd) toEnd();
}

toEnd();
refresh();
