package io.drover.converter.imports;

import io.drover.converter.plan.Part;

/** What a lane is asked to do. */
public sealed interface PartWork {
  /** A part that was planned; its lane reads it. */
  record Planned(Part part) implements PartWork {}

  /** Whatever part a scan of the source finds next; none if it has found the end by then. */
  record Scanned() implements PartWork {}
}
