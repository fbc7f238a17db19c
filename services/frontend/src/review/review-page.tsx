import { useCallback, useMemo, useReducer } from "react";
import { useSearchParams } from "react-router";
import { useMay } from "../access/gate";
import { writeFilter } from "../api/filter";
import { Message } from "../parts/message";
import { Title } from "../parts/title";
import { type ReviewFilter, readReviewFilter } from "./filter";
import { FilterBar } from "./filter-bar";
import { NOTHING, reduce } from "./queue";
import styles from "./review.module.css";
import { Reviewing } from "./reviewing";
import { Sitting } from "./sitting";

/** Where people say what images show, one image after the other, the most useful first. */
export function ReviewPage() {
  const may = useMay("review");
  return (
    <>
      <Title text="Review" isHidden />
      {may ? <Review /> : <Refusal />}
    </>
  );
}

/** What was done stays known when other images are wanted; everything else begins anew. */
function Review() {
  const [address, setAddress] = useSearchParams();
  const [queue, dispatch] = useReducer(reduce, NOTHING);
  const wanted = String(writeFilter(readReviewFilter(address)));
  const filter = useMemo(() => readReviewFilter(new URLSearchParams(wanted)), [wanted]);
  const show = useCallback((next: ReviewFilter) => setAddress(writeFilter(next)), [setAddress]);
  return (
    <div className={styles.page}>
      <div className={styles.bar}>
        <FilterBar filter={filter} onChange={show} />
        <Sitting queue={queue} />
      </div>
      <Reviewing key={wanted} filter={filter} queue={queue} dispatch={dispatch} />
    </div>
  );
}

function Refusal() {
  return (
    <Message title="You may look at images, but not review them">
      <p>Your key or sign-in has no scope “review”. Ask whoever runs Loupe for it.</p>
    </Message>
  );
}
