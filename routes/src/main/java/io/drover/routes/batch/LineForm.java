package io.drover.routes.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.routes.config.ConfigException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How one line of a list says what is wanted. */
sealed interface LineForm {
  /** What a line may say. */
  Set<String> NAMES = Set.of("source", "format", "destination", "checksum", "options");

  /** Before the names of columns that are nobody's business. */
  String COMMENT = "#";

  /**
   * The fields of a line.
   *
   * @throws ImportException {@code REQUEST_INVALID} with the reason
   */
  Listed.Wish parse(long number, String line) throws ImportException;

  /** A line with one field under each column's name. */
  final class Csv implements LineForm {
    private static final ObjectReader ROWS =
        new CsvMapper().readerFor(String[].class).with(CsvParser.Feature.WRAP_AS_ARRAY);

    private final List<String> columns;

    /**
     * @param header the first line
     * @throws ConfigException if it names a column that does not exist, or no source
     */
    Csv(String header) throws ConfigException {
      List<String> names = new ArrayList<>();
      try {
        for (String cell : row(header)) {
          String name = cell.trim();
          if (!name.startsWith(COMMENT) && (!NAMES.contains(name) || names.contains(name))) {
            throw new ConfigException(
                "the list's first line names a column '"
                    + Printable.text(name)
                    + "': the columns are source, format, destination, checksum and options, each"
                    + " once; put a # before the name of a column that is to be left alone");
          }
          names.add(name);
        }
      } catch (ImportException e) {
        throw new ConfigException("the list's first line: " + e.getMessage());
      }
      if (!names.contains("source")) {
        throw new ConfigException(
            "the list's first line has no column 'source': begin with source,format,destination,"
                + "checksum,options, or with what you need of them");
      }
      columns = List.copyOf(names);
    }

    private static String[] row(String line) throws ImportException {
      try (MappingIterator<String[]> rows = ROWS.readValues(line)) {
        return rows.next();
      } catch (IOException | RuntimeException e) {
        throw invalid(
            "it is no CSV ("
                + Printable.text(reason(e))
                + "): put quotes around fields with commas, and double the quotes inside; a record"
                + " is one line");
      }
    }

    private static String reason(Exception e) {
      return e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.toString();
    }

    @Override
    public Listed.Wish parse(long number, String line) throws ImportException {
      String[] cells = row(line);
      if (cells.length > columns.size()) {
        throw invalid("it has " + cells.length + " fields, the header " + columns.size());
      }
      Map<String, String> fields = new HashMap<>();
      for (int index = 0; index < cells.length; index++) {
        if (cells[index] != null && !cells[index].isEmpty()) {
          fields.put(columns.get(index), cells[index]);
        }
      }
      return wish(number, fields, options(fields.getOrDefault("options", "")));
    }
  }

  /** A line that is a JSON object. */
  final class Json implements LineForm {
    private static final JsonMapper MAPPER =
        JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    @Override
    public Listed.Wish parse(long number, String line) throws ImportException {
      JsonNode object;
      try {
        object = MAPPER.readTree(line);
      } catch (JsonProcessingException e) {
        throw invalid("it is no JSON: " + Printable.text(e.getOriginalMessage()));
      }
      if (!object.isObject()) {
        throw invalid("it is no JSON object: {\"source\": …, \"destination\": …}");
      }
      Map<String, String> fields = new HashMap<>();
      Map<String, String> options = Map.of();
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        String name = field.getKey();
        JsonNode value = field.getValue();
        if (name.startsWith(COMMENT) || value.isNull()) {
          continue;
        }
        if (!NAMES.contains(name)) {
          throw invalid(
              "it names '"
                  + Printable.text(name)
                  + "': the names are source, format, destination, checksum and options");
        }
        if (name.equals("options") && value.isObject()) {
          options = options(value);
        } else if (!value.isTextual()) {
          throw invalid("its " + name + " is no text");
        } else {
          fields.put(name, value.textValue());
        }
      }
      return wish(
          number,
          fields,
          fields.containsKey("options") ? LineForm.options(fields.get("options")) : options);
    }

    private static Map<String, String> options(JsonNode object) throws ImportException {
      Map<String, String> options = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> option : object.properties()) {
        if (!option.getValue().isValueNode()) {
          throw invalid("its option " + Printable.text(option.getKey()) + " is no text or number");
        }
        options.put(option.getKey(), option.getValue().asText());
      }
      return options;
    }
  }

  /** {@code KEY=VALUE}, with commas or semicolons in between. */
  private static Map<String, String> options(String text) throws ImportException {
    Map<String, String> options = new LinkedHashMap<>();
    for (String option : text.split("[,;]")) {
      int equals = option.indexOf('=');
      if (equals > 0) {
        options.put(option.substring(0, equals).trim(), option.substring(equals + 1).trim());
      } else if (!option.isBlank()) {
        throw invalid("its option '" + Printable.text(option) + "' is not KEY=VALUE");
      }
    }
    return options;
  }

  private static Listed.Wish wish(
      long number, Map<String, String> fields, Map<String, String> options) throws ImportException {
    String source = fields.get("source");
    if (source == null) {
      throw invalid("it names no source");
    }
    return new Listed.Wish(
        number,
        source,
        source,
        fields.get("format"),
        fields.get("destination"),
        fields.get("checksum"),
        options);
  }

  static ImportException invalid(String why) {
    return ImportException.refused(ErrorCode.REQUEST_INVALID, why);
  }
}
