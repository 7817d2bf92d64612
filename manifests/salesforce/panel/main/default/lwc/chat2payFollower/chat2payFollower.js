/* Shows nothing: re-reads the newest payment request of an order, and has the whole record page follow a change. */
import { LightningElement, api, wire } from 'lwc';
import { getFieldValue, getRecord, notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import { getRelatedListRecords } from 'lightning/uiRelatedListApi';
import ORDER_VERSION from '@salesforce/schema/Order.Chat2Pay_Version__c';
import VERSION from '@salesforce/schema/Chat2Pay_Payment_Request__c.Chat2Pay_Version__c';
import STATUS from '@salesforce/schema/Chat2Pay_Payment_Request__c.Status__c';
import { createPoller } from 'c/chat2payPoller';

const LIVE = new Set(['created', 'sending', 'sent', 'opened', 'declined', 'in_review', 'unknown']);
const OBJECT = 'Chat2Pay_Payment_Request__c';
// A list in the cache is not fetched again, and nothing documented refreshes one; a list of another size is another list.
const LARGEST_PAGE = 50;

export default class Chat2payFollower extends LightningElement {
  @api recordId;
  requestId;
  pageSize = 1;
  fields = [VERSION, STATUS];
  orderFields = [ORDER_VERSION];
  listFields = [`${OBJECT}.Id`];
  // Newest first; the related list of the lookup Order__c.
  sortBy = [`-${OBJECT}.CreatedDate`];
  status = null;
  versions = {};

  connectedCallback() {
    this.poller = createPoller({
      ask: () => this.look(),
      paceOf: () => (LIVE.has(this.status) ? 'under_way' : 'idle'),
      // The next look comes anyway, and there is nothing that this component could show.
      onFailure: () => {},
    });
    this.poller.start();
  }

  disconnectedCallback() {
    this.poller.stop();
  }

  // A live request is re-read itself: its order may refuse the news. Without one, the order tells of the next.
  look() {
    const recordId = LIVE.has(this.status) ? this.requestId : this.recordId;
    return notifyRecordUpdateAvailable([{ recordId }]);
  }

  @wire(getRelatedListRecords, {
    parentRecordId: '$recordId',
    relatedListId: 'Chat2Pay_Payment_Requests__r',
    fields: '$listFields',
    sortBy: '$sortBy',
    pageSize: '$pageSize',
  })
  wiredList({ data }) {
    const newest = data?.records?.[0]?.id;
    if (!newest || newest === this.requestId) return;
    this.requestId = newest;
    this.status = null;
  }

  @wire(getRecord, { recordId: '$requestId', fields: '$fields' })
  wiredRequest({ data }) {
    if (!data) return;
    this.status = getFieldValue(data, STATUS);
    if (this.isNews('request', getFieldValue(data, VERSION))) this.announce();
  }

  @wire(getRecord, { recordId: '$recordId', fields: '$orderFields' })
  wiredOrder({ data }) {
    if (!data) return;
    // The order's other parts were re-read with it; a request that is new to it must be found.
    if (this.isNews('order', getFieldValue(data, ORDER_VERSION))) this.findNewest();
  }

  /** Return whether a version differs from the one before; the first one is no news. */
  isNews(name, version) {
    const before = this.versions[name];
    this.versions = { ...this.versions, [name]: version };
    return before !== undefined && before !== version;
  }

  findNewest() {
    this.pageSize = (this.pageSize % LARGEST_PAGE) + 1;
  }

  announce() {
    return notifyRecordUpdateAvailable([{ recordId: this.recordId }]);
  }
}
