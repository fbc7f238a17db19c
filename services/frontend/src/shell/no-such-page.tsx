import { Link } from "react-router";
import { Message } from "../parts/message";

export function NoSuchPage() {
  return (
    <Message title="There is no such page">
      <Link to="/">Go to the archive</Link>
    </Message>
  );
}
