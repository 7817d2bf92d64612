/* The rules for the components: Salesforce's own for Lightning Web Components, and the language's for Aura. */
const lwc = require('@salesforce/eslint-config-lwc/recommended');
const js = require('@eslint/js');

const COMPONENTS = ['*/main/default/lwc/**/*.js'];
const AURA = ['*/main/default/aura/**/*.js'];

module.exports = [
  { ignores: ['node_modules/', 'build/', '*.config.js'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...lwc.map((one) => ({ ...one, files: COMPONENTS })),
  {
    files: COMPONENTS,
    rules: {
      complexity: ['error', 10],
      eqeqeq: 'error',
      'max-lines': ['error', 300],
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    // Tests let wire adapters emit, and fire what the browser itself fires.
    files: ['*/main/default/lwc/**/__tests__/*.js'],
    rules: { '@lwc/lwc/no-unexpected-wire-adapter-usages': 'off', '@lwc/lwc/prefer-custom-event': 'off' },
  },
  {
    ...js.configs.recommended,
    files: AURA,
    // An Aura file is one expression, in the language of 2009.
    languageOptions: { ecmaVersion: 5, sourceType: 'script', globals: { $A: 'readonly', window: 'readonly' } },
    rules: { ...js.configs.recommended.rules, 'no-unused-expressions': 'off', 'no-unused-vars': ['error', { args: 'none' }] },
  },
];
