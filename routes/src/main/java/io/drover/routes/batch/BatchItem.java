package io.drover.routes.batch;

import io.drover.converter.error.ImportException;
import io.drover.routes.request.WantedImport;

/**
 * One entry of a list, ready to be treated, or known to be wrong.
 *
 * @param source escaped, without secrets
 * @param destination escaped; empty where it is not known
 * @param wanted null where there is an error
 * @param importId null where there is an error
 * @param error null where there is none
 */
public record BatchItem(
    long line,
    String source,
    String destination,
    WantedImport wanted,
    String importId,
    ImportException error) {}
