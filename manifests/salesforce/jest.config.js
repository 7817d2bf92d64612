/* Jest as Salesforce's own preset sets it up, with the matchers for accessibility. */
const { jestConfig } = require('@salesforce/sfdx-lwc-jest/config');

module.exports = {
  ...jestConfig,
  modulePathIgnorePatterns: ['<rootDir>/build/'],
  moduleNameMapper: { '^lightning/actions$': '<rootDir>/jest/actions.js', ...jestConfig.moduleNameMapper },
  setupFilesAfterEnv: [...jestConfig.setupFilesAfterEnv, '<rootDir>/jest.setup.js'],
};
