package io.drover.converter.imports;

/**
 * How far an import is: one consistent look.
 *
 * @param virtualSize bytes of the guest disk; 0 until the image was opened
 * @param logical bytes of the guest disk that are finished
 * @param data bytes in clusters that hold data
 * @param zero bytes in clusters that hold only zeros
 * @param read guest bytes read from the source
 * @param sent payload bytes put on the wire
 * @param copied bytes filled or reused on the server
 * @param partsTotal 0 until the plan was made
 */
public record Progress(
    Phase phase,
    long virtualSize,
    long logical,
    long data,
    long zero,
    long read,
    long sent,
    long copied,
    int partsTotal,
    int partsDone) {

  /** 0 to 100; an empty disk is finished at once. */
  public double percent() {
    if (phase == Phase.DONE) {
      return 100;
    }
    return virtualSize == 0 ? 0 : Math.min(100.0, 100.0 * logical / virtualSize);
  }
}
