/* Before every test: matchers for accessibility, the panel's Apex as functions of jest, and the catalogue of sentences. */
const { webcrypto } = require('node:crypto');
const { registerSa11yMatcher } = require('@sa11y/jest');
const { SENTENCES } = require('./jest/orders');

registerSa11yMatcher();

const mockApex = () => ({ __esModule: true, default: jest.fn() });
jest.mock('@salesforce/apex/Chat2PayPanelController.open', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.version', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.showReceipt', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.sendReceipt', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.copyLink', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.readPhone', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.previewMessage', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.previewReplacement', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.writeNote', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.send', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.replace', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.refresh', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.cancel', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.capture', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.reverse', () => mockApex(), { virtual: true });
jest.mock('@salesforce/apex/Chat2PayPanelController.release', () => mockApex(), { virtual: true });
jest.mock('@salesforce/i18n/lang', () => ({ __esModule: true, default: 'en-US' }), { virtual: true });
jest.mock('@salesforce/i18n/locale', () => ({ __esModule: true, default: 'en-GB' }), { virtual: true });
jest.mock('@salesforce/i18n/timeZone', () => ({ __esModule: true, default: 'UTC' }), { virtual: true });
jest.mock('@salesforce/user/Id', () => ({ __esModule: true, default: '005000000000001AAA' }), { virtual: true });

// What a browser has and jsdom lacks.
if (!globalThis.crypto?.randomUUID) Object.defineProperty(globalThis, 'crypto', { value: webcrypto });

beforeEach(() => {
  globalThis.fetch = jest.fn(async () => ({ ok: true, json: async () => SENTENCES }));
});
