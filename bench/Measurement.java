import java.util.Comparator;
import java.util.List;

/**
 * One run of one contender.
 *
 * @param cpu user and system seconds of the client, its children included
 * @param residentKib of its largest process
 * @param up bytes that crossed the wire towards the server, with all framing
 */
record Measurement(
    String workload,
    String contender,
    double wall,
    double cpu,
    long residentKib,
    long up,
    long requests) {
  /** Of several runs, the one whose wall time is in the middle. */
  static Measurement median(List<Measurement> runs) {
    return runs.stream()
        .sorted(Comparator.comparingDouble(Measurement::wall))
        .skip((runs.size() - 1) / 2)
        .findFirst()
        .orElseThrow();
  }

  String json() {
    return String.format(
        "{\"workload\": \"%s\", \"contender\": \"%s\", \"wallSeconds\": %.2f, \"cpuSeconds\": %.2f,"
            + " \"peakResidentKiB\": %d, \"bytesUp\": %d, \"requests\": %d}",
        workload, contender, wall, cpu, residentKib, up, requests);
  }
}
