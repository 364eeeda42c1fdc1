package io.drover.converter.storage;

/** What to do when the path of a source is itself a symbolic link. */
public enum SymbolicLinks {
  /** A person typed the path: the link is resolved once, and its target opened. */
  FOLLOW,
  /** Somebody else chose the name, as in a drop folder: the link is refused. */
  REFUSE
}
