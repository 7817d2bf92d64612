export const notifyRecordUpdateAvailable = async () => {};
