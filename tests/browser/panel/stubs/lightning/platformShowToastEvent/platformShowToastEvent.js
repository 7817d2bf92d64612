export class ShowToastEvent extends CustomEvent {}
