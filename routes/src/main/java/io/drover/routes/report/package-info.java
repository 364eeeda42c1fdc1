/** What became of many images: one result for each, their sum, and a report to hand in. */
package io.drover.routes.report;
