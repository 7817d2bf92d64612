/* The rules for the agent's page, its tests, the customer's pages, and those of the sandboxes. */
import js from '@eslint/js';
import globals from 'globals';

const SANDBOXES = ['sandbox/**/*.js'];

export default [
  { ignores: ['.venv*/', '.demo/', 'build/', 'mutants/', '**/node_modules/', 'connector/web/static/vendor/', 'manifests/salesforce/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      complexity: ['error', 10],
      eqeqeq: 'error',
      'max-depth': ['error', 3],
      'max-lines': ['error', 300],
      'max-params': ['error', 4],
      'no-implicit-globals': 'error',
      'no-param-reassign': 'error',
      'no-shadow': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['connector/**/*.js', 'payment_core/**/*.js', 'tests/browser/panel/**/*.js', ...SANDBOXES], languageOptions: { globals: globals.browser } },
  { files: ['tests/javascript/**/*.js', '**/*.mjs', '*.config.js'], languageOptions: { globals: globals.node } },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs', globals: globals.node } },
  // The document is happy-dom's.
  { files: ['tests/javascript/**/*.js'], languageOptions: { globals: { document: 'readonly', MutationObserver: 'readonly', window: 'readonly' } } },
];
