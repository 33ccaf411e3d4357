declare global {
  namespace App {
    interface Error {
      message: string;
      /** Its code could not be fetched: trying again may help. */
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
