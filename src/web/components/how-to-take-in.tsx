/** For whoever has set a service up and sees nothing in it. */
export function HowToTakeIn() {
  return (
    <>
      <code>npx quire ingest FILE</code> takes a listing in;{' '}
      <code>npx quire sources add arxiv cs.CL cs.LG</code> has papers pulled from now on.
    </>
  );
}
