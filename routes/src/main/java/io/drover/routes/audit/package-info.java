/** Who imported what, and what became of it, for whoever must be able to tell later. */
package io.drover.routes.audit;
