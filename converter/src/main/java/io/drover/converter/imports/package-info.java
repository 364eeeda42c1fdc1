/**
 * One import, step by step: validate, plan, lanes, commit. The steps are called by a Camel route,
 * which this package does not know. Start at {@link io.drover.converter.imports.Importer}.
 */
package io.drover.converter.imports;
