import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A way to get an image to an S3 server as a plain raw disk, as its user would type it. */
record Contender(String name, boolean stagesRaw, boolean uploads, Commands commands) {
  interface Commands {
    /**
     * @param raw a local file to stage to, where it is needed
     * @param key of the object, or of the folder of objects
     */
    String shell(Workload image, Path raw, String key);
  }

  /**
   * Without what is meant for others: it stumbles over a bundle of authorities in AWS's variable.
   */
  private static final String RCLONE =
      "env -u AWS_CA_BUNDLE rclone copyto --s3-no-check-bucket --s3-chunk-size 16M --s3-upload-concurrency 4"
          + " --s3-upload-cutoff 0 --s3-disable-checksum";

  /** Those that are installed, Drover first. */
  static List<Contender> all(Path drover) {
    List<Contender> all = new ArrayList<>();
    all.add(
        new Contender(
            "drover",
            false,
            true,
            (image, raw, key) ->
                drover
                    + " import -q -f "
                    + image.format()
                    + " "
                    + image.file()
                    + " s3://images/"
                    + key
                    + "/ --overwrite > /dev/null"));
    if (Bench.installed("aws")) {
      all.add(staged("aws s3 cp", raw -> "aws s3 cp --quiet " + raw + " s3://images/"));
    }
    if (Bench.installed("rclone")) {
      all.add(staged("rclone", raw -> RCLONE + " " + raw + " :s3:images/"));
    }
    if (Bench.installed("nbdcopy") && Bench.installed("qemu-nbd") && Bench.installed("aws")) {
      all.add(
          new Contender(
              "nbdcopy, aws s3 cp",
              true,
              true,
              (image, raw, key) ->
                  "truncate -s "
                      + image.virtualSize()
                      + " "
                      + raw
                      + " && nbdcopy -- [ qemu-nbd -r -f "
                      + image.format()
                      + " "
                      + image.file()
                      + " ] "
                      + raw
                      + " && aws s3 cp --quiet "
                      + raw
                      + " s3://images/"
                      + key));
    }
    all.add(
        new Contender(
            "qemu-img alone",
            true,
            false,
            (image, raw, key) ->
                "qemu-img convert -m 16 -W -f "
                    + image.format()
                    + " -O raw "
                    + image.file()
                    + " "
                    + raw));
    return all;
  }

  private interface Upload {
    String of(Path raw);
  }

  /** A plain uploader, after qemu-img where the image is not raw. */
  private static Contender staged(String name, Upload upload) {
    return new Contender(
        name,
        false,
        true,
        (image, raw, key) ->
            image.format().equals("raw")
                ? upload.of(image.file()) + key
                : "qemu-img convert -m 16 -W -f "
                    + image.format()
                    + " -O raw "
                    + image.file()
                    + " "
                    + raw
                    + " && "
                    + upload.of(raw)
                    + key);
  }

  /** Whether it makes sense for the image: nobody converts raw to raw. */
  boolean fits(Workload image) {
    return !stagesRaw || !image.format().equals("raw");
  }

  /** How every one of them finds a server that speaks https with this certificate. */
  static Map<String, String> environment(int port, Path trusted) {
    Map<String, String> all = new HashMap<>(environment(port));
    all.replaceAll((name, value) -> value.replace("http://", "https://"));
    all.put("AWS_CA_BUNDLE", trusted.toString());
    all.put("RCLONE_CA_CERT", trusted.toString());
    return all;
  }

  /** How every one of them finds the server. */
  static Map<String, String> environment(int port) {
    String endpoint = "http://127.0.0.1:" + port;
    return Map.ofEntries(
        Map.entry("AWS_ACCESS_KEY_ID", "drover"),
        Map.entry("AWS_SECRET_ACCESS_KEY", "drover-sandbox"),
        Map.entry("AWS_REGION", "us-east-1"),
        Map.entry("AWS_DEFAULT_REGION", "us-east-1"),
        Map.entry("AWS_ENDPOINT_URL", endpoint),
        Map.entry("AWS_CONFIG_FILE", "/dev/null"),
        Map.entry("AWS_EC2_METADATA_DISABLED", "true"),
        Map.entry("RCLONE_S3_PROVIDER", "Other"),
        Map.entry("RCLONE_S3_ENV_AUTH", "true"),
        Map.entry("RCLONE_S3_REGION", "us-east-1"),
        Map.entry("RCLONE_S3_ENDPOINT", endpoint),
        Map.entry("RCLONE_S3_FORCE_PATH_STYLE", "true"),
        Map.entry("RCLONE_CONFIG", "/dev/null"));
  }
}
