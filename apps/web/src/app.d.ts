declare global {
  namespace App {
    interface Error {
      message: string;
      /** The page's code could not be fetched; a retry may help. */
      unreachable?: boolean;
      /** Names close to the one that was not found, with their addresses. */
      nearest?: readonly { readonly label: string; readonly href: string }[];
    }
    interface PageState {
      materialize?: string;
    }
  }
}

export {};
