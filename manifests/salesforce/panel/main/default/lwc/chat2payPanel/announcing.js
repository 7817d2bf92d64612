/* The panel's live region: not through the template, which is rendered every second and would be read out again. */
import { createAnnouncer, createNewsAnnouncer, formNewsOf, newsOf, PAUSE_MS } from 'c/chat2payRules';

/** Return the element that has the focus, where it is one of the panel or of its parts. */
function focusedIn(template) {
  let focused = template.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused;
}

/** Return what has a screen reader announce a sentence, a lost connection, and the news of an order. */
export function announcingIn(template) {
  const { announce } = createAnnouncer({
    region: () => template.querySelector('[data-id="announcer"]'),
    focusedText: () => focusedIn(template)?.textContent ?? '',
    // The panel may have left the page until then.
    // eslint-disable-next-line @lwc/lwc/no-async-operation
    later: (flush) => setTimeout(() => template.querySelector('[data-id="announcer"]') && flush(), PAUSE_MS),
  });
  const announceNews = createNewsAnnouncer(announce);
  const announceFormNews = createNewsAnnouncer(announce);
  let isLost = false;

  return {
    announce,
    // Once: that its sentence names a later time is no news.
    lost(sentence) {
      if (!isLost) announce(sentence);
      isLost = true;
    },
    connected(wording) {
      if (isLost) announce(wording.text('connected_again'));
      isLost = false;
    },
    tell({ order, wording, now, showsForm, sending }) {
      if (order === null) return;
      announceNews(newsOf(order, now, wording.text), { silent: showsForm });
      announceFormNews(formNewsOf(order, wording.text), { silent: !showsForm || sending });
    },
  };
}
