/** Lists whose imports others do: requests on a topic, followed to their ends by the events. */
package io.drover.routes.submit;
