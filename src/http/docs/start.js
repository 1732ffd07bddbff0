"use strict";

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#ui",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // The default sends the document's address to a stranger's validator.
  validatorUrl: "none",
});
