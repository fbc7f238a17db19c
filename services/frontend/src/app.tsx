/** What is shown at which address. Pages other than the first are loaded when somebody goes there. */

import { QueryClientProvider } from "@tanstack/react-query";
import { type ComponentType, lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { Gate } from "./access/gate";
import { makeQueryClient } from "./api/query-client";
import { ArchivePage } from "./archive/archive-page";
import { NoSuchPage } from "./shell/no-such-page";
import { Shell } from "./shell/shell";

const queries = makeQueryClient();

function page<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) {
  return lazy(async () => ({ default: (await load())[name] }));
}

const ImagePage = page(() => import("./image/image-page"), "ImagePage");
const ReviewPage = page(() => import("./review/review-page"), "ReviewPage");
const JobsPage = page(() => import("./jobs/jobs-page"), "JobsPage");
const JobPage = page(() => import("./jobs/job-page"), "JobPage");
const LetterPage = page(() => import("./letters/letter-page"), "LetterPage");
const LettersPage = page(() => import("./letters/letters-page"), "LettersPage");
const NewJobPage = page(() => import("./jobs/new-job-page"), "NewJobPage");
const ModelPage = page(() => import("./models/model-page"), "ModelPage");
const ModelsPage = page(() => import("./models/models-page"), "ModelsPage");
const OverviewPage = page(() => import("./overview/overview-page"), "OverviewPage");
const UploadPage = page(() => import("./upload/upload-page"), "UploadPage");

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Gate>
        <BrowserRouter>
          <Shell>
            <Suspense fallback={null}>
              <Routes>
                <Route path="/" element={<ArchivePage />} />
                <Route path="/image" element={<ImagePage />} />
                <Route path="/review" element={<ReviewPage />} />
                <Route path="/overview" element={<OverviewPage />} />
                <Route path="/jobs" element={<JobsPage />} />
                <Route path="/jobs/new" element={<NewJobPage />} />
                <Route path="/jobs/:id" element={<JobPage />} />
                <Route path="/dead-letters" element={<LettersPage />} />
                <Route path="/dead-letters/:id" element={<LetterPage />} />
                <Route path="/models" element={<ModelsPage />} />
                <Route path="/models/:name" element={<ModelPage />} />
                <Route path="/upload" element={<UploadPage />} />
                <Route path="*" element={<NoSuchPage />} />
              </Routes>
            </Suspense>
          </Shell>
        </BrowserRouter>
      </Gate>
    </QueryClientProvider>
  );
}
