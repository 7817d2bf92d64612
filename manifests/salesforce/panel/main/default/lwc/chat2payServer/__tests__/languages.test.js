/* The language of the panel: the user's, English for what it lacks, and one sentence where nothing could be loaded. */
const answer = (body) => ({ ok: true, json: async () => body });

function languagesFor(language) {
  jest.resetModules();
  jest.doMock('@salesforce/i18n/lang', () => ({ __esModule: true, default: language }), { virtual: true });
  return jest.requireActual('../languages');
}

describe('the language of the panel', () => {
  it('is the user’s, laid over English', async () => {
    globalThis.fetch = jest
      .fn()
      .mockResolvedValueOnce(answer({ title: 'Paid', only: 'English' }))
      .mockResolvedValueOnce(answer({ title: 'Bezahlt' }));
    const { DIRECTION, SPOKEN, loadSentences, notLoaded } = languagesFor('de-AT');
    expect([SPOKEN, DIRECTION]).toEqual(['de', 'ltr']);
    expect(await loadSentences()).toEqual({ title: 'Bezahlt', only: 'English' });
    expect(notLoaded).toMatch(/Browser-Tab/);
  });

  it.each(['en-ZA', 'zu'])('is English for %s, which is loaded once', async (language) => {
    globalThis.fetch = jest.fn(async () => answer({ title: 'Paid' }));
    const { SPOKEN, loadSentences } = languagesFor(language);
    expect(SPOKEN).toBe('en');
    expect(await loadSentences()).toEqual({ title: 'Paid' });
    expect(globalThis.fetch).toHaveBeenCalledTimes(1);
  });

  // In a page from right to left, too: it is English that is read.
  it.each([
    ['ar', 'ar', 'rtl'],
    ['he', 'en', 'ltr'],
  ])('of %s is written in its own direction', (language, spoken, direction) => {
    const { DIRECTION, SPOKEN } = languagesFor(language);
    expect([SPOKEN, DIRECTION]).toEqual([spoken, direction]);
  });

  it('that cannot be loaded is an error, not half a catalogue', async () => {
    globalThis.fetch = jest.fn(async () => ({ ok: false, status: 503 }));
    const { loadSentences } = languagesFor('ar');
    await expect(loadSentences()).rejects.toThrow('503');
  });
});
