/** The two pages that the Worker itself shows to people: before a login link is used, and why one was refused. */
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export function refusalPage(title: string, text: string): Html {
  return page(title, html`<p>${text}</p>`);
}

/** A button, because mail scanners and previews open every link, and because a link signs a browser into the account of its maker. */
export function confirmPage(account: string, place: string): Html {
  return page(
    "Sign in to Headgate",
    html`<p>This link signs this browser in as ${account} and opens ${place}.</p>
      <form method="post"><button autofocus>Sign in</button></form>`,
  );
}

function page(title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} - Headgate</title>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`;
}
