/* The follower re-reads the request, and announces the order when the request changed. */
import { createElement } from 'lwc';
import Follower from 'c/chat2payFollower';
import { getRecord, notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import { getRelatedListRecords } from 'lightning/uiRelatedListApi';
import { settle } from '../../../../../../jest/orders';

const ORDER_ID = '801000000000001AAA';
const REQUEST_ID = 'a00000000000001AAA';

async function mounted() {
  const element = createElement('c-chat2pay-follower', { is: Follower });
  element.recordId = ORDER_ID;
  document.body.appendChild(element);
  await settle();
  return element;
}

async function emitRequest(status, version) {
  getRecord.emit(
    { fields: { Chat2Pay_Version__c: { value: version }, Status__c: { value: status } } },
    (config) => config.recordId === REQUEST_ID,
  );
  await settle();
}

async function emitNewest(id = REQUEST_ID) {
  getRelatedListRecords.emit({ records: [{ id }] });
  await settle();
}

const announced = () => notifyRecordUpdateAvailable.mock.calls.map(([[{ recordId }]]) => recordId);

describe('the follower', () => {
  let hidden = false;
  beforeEach(() => {
    hidden = false;
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    jest.useFakeTimers();
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    notifyRecordUpdateAvailable.mockReset();
  });
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('re-reads a live request every 3 s, and announces the order once it changed', async () => {
    await mounted();
    await emitNewest();
    await emitRequest('sent', 1);
    expect(announced()).toEqual([]);
    // The first wait was planned before the request was known.
    await jest.advanceTimersByTimeAsync(16100);
    expect(announced()).toEqual(Array(3).fill(REQUEST_ID));
    await emitRequest('opened', 2);
    expect(announced().at(-1)).toBe(ORDER_ID);
    const count = announced().length;
    await emitRequest('opened', 2);
    expect(announced()).toHaveLength(count);
  });

  it('looks for the next request every 10 s once none is live', async () => {
    await mounted();
    await emitNewest();
    await emitRequest('paid', 3);
    await jest.advanceTimersByTimeAsync(30100);
    expect(announced()).toEqual(Array(3).fill(ORDER_ID));
  });

  it('asks for the newest request when the order has news', async () => {
    await mounted();
    const before = getRelatedListRecords.getLastConfig().pageSize;
    const emitOrder = (version) =>
      getRecord.emit({ fields: { Chat2Pay_Version__c: { value: version } } }, (config) => config.recordId === ORDER_ID);
    emitOrder(1);
    await settle();
    expect(getRelatedListRecords.getLastConfig().pageSize).toBe(before);
    emitOrder(2);
    await settle();
    expect(getRelatedListRecords.getLastConfig().pageSize).toBe(before + 1);
  });

  it('asks nothing while hidden or gone', async () => {
    const element = await mounted();
    hidden = true;
    document.dispatchEvent(new Event('visibilitychange'));
    await jest.advanceTimersByTimeAsync(60000);
    hidden = false;
    element.remove();
    await jest.advanceTimersByTimeAsync(60000);
    expect(announced()).toEqual([]);
  });
});
