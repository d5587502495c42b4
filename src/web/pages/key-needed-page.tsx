import { Page } from '../layout.js';

/** What a browser shows when the question for a name and a password is waved away. */
export function KeyNeededPage({ wasWrong }: { wasWrong: boolean }) {
  return (
    <Page title="A key is needed · Quire" description="This page is for whoever runs the service.">
      <h1>A key is needed</h1>
      {wasWrong && (
        <p class="error" role="alert">
          This key is not valid.
        </p>
      )}
      <p class="read">
        This page is for whoever runs this service. Load it again and give an API key as the password; the
        name may be anything. The first start of a service prints a key, and{' '}
        <code>npx quire key create NAME</code> makes others.
      </p>
      <p class="read">
        How fresh the papers are stands on every <a href="/listings">listing</a>, for everybody.
      </p>
    </Page>
  );
}

/** On pages that a key would close. */
export function OpenNotice() {
  return (
    <p class="notice">
      Anybody can read this page, because this service has no API key. <code>npx quire key create NAME</code>{' '}
      makes one, and closes it.
    </p>
  );
}
