package io.drover.converter.imports;

import io.drover.converter.plan.Part;
import java.util.Iterator;

/** What a lane is asked to do. */
public sealed interface PartWork {
  /** A part that was planned; its lane reads it. */
  record Planned(Part part) implements PartWork {}

  /** Work on planned parts. */
  static Iterator<PartWork> planned(Iterator<Part> parts) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return parts.hasNext();
      }

      @Override
      public PartWork next() {
        return new Planned(parts.next());
      }
    };
  }

  /** Whatever part a scan of the source finds next; none if it has found the end by then. */
  record Scanned() implements PartWork {}
}
