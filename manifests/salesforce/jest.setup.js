/* `expect(element).toBeAccessible()` in every test. */
const { registerSa11yMatcher } = require('@sa11y/jest');

registerSa11yMatcher();
