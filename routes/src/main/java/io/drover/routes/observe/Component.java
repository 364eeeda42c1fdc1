package io.drover.routes.observe;

/** Something that imports need, and a look at it. */
public interface Component {
  /** For people and machines: {@code kafka}, {@code inbox}; nothing of the configuration. */
  String name();

  /**
   * Looks whether it can be used; may take its time.
   *
   * @throws Unusable if not
   * @throws Exception if not, for a reason that only the log may tell
   */
  void look() throws Exception;

  /** Gives back what looking has needed. */
  default void release() {}

  /** It cannot be used; the message may be told to anybody. */
  final class Unusable extends Exception {
    private final String detail;

    public Unusable(String reason) {
      this(reason, reason);
    }

    /**
     * @param detail for the log alone
     */
    public Unusable(String reason, String detail) {
      super(reason);
      this.detail = detail;
    }

    String detail() {
      return detail;
    }
  }
}
