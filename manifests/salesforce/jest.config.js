/* Jest as Salesforce's own preset sets it up, with the matchers for accessibility. */
const { jestConfig } = require('@salesforce/sfdx-lwc-jest/config');

module.exports = {
  ...jestConfig,
  // A look for barriers takes long on a machine that does other things beside.
  testTimeout: 60000,
  modulePathIgnorePatterns: ['<rootDir>/build/'],
  moduleNameMapper: {
    // The preset knows no component that is made of styles alone.
    '^c/chat2payColors$': '<rootDir>/panel/main/default/lwc/chat2payColors/chat2payColors.css',
    '^lightning/actions$': '<rootDir>/jest/actions.js',
    ...jestConfig.moduleNameMapper,
  },
  setupFilesAfterEnv: [...jestConfig.setupFilesAfterEnv, '<rootDir>/jest.setup.js'],
};
