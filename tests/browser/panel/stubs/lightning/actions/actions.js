export class CloseActionScreenEvent extends CustomEvent {}
