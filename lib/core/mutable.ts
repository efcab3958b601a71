/** A value in the making, before it is handed out: members that may be missing are set one by one. */
export type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
