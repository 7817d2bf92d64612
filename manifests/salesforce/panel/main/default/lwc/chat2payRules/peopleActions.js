/* Written by tools/copy_page_rules.py from connector/web/static/agent/history/people_actions.js: change that file. */
/* What people did to a payment request after it was asked for: cancelled, captured, gave back, released, corrected. */


const BY_PEOPLE = new Set([
  'timeline_cancelled', 'timeline_capture_begun', 'timeline_reverse_begun', 'timeline_released', 'timeline_corrected',
]);

/** Return the lines of the history that name who did what, oldest first. @param {PaymentRequest} request */
export const peopleActionsOf = ({ timeline }) => timeline.filter(({ id, values }) => BY_PEOPLE.has(id) && Boolean(values.agent));
