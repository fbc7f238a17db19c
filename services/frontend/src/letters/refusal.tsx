import { Message } from "../parts/message";

/** What stands here for those who may not look after dead letters. */
export function Refusal() {
  return (
    <Message title="You may not look after dead letters">
      <p>Your key or sign-in has no scope “operate”. Ask whoever runs Loupe for it.</p>
    </Message>
  );
}
