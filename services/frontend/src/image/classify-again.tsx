import { RotateCw } from "lucide-react";
import { useMay } from "../access/gate";
import type { Name } from "../api/entries";
import { useReclassify } from "../api/images";
import { Button } from "../parts/button";
import { Problem } from "../parts/problem";
import { notify } from "../shell/notices";

/** Has an image classified again by whichever model answers now. */
export function ClassifyAgain({ name }: { name: Name }) {
  const may = useMay("operate");
  const { mutate, error, isPending } = useReclassify();
  if (!may) return null;
  return (
    <section>
      <Button
        isPending={isPending}
        onPress={() =>
          mutate([name], { onSuccess: () => notify("It is classified again. The new answer appears here by itself.") })
        }
      >
        <RotateCw size={16} aria-hidden /> Classify again
      </Button>
      {error && <Problem error={error} />}
    </section>
  );
}
