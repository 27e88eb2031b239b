// The frame: title, languages, the notice that always stands, and the page that was chosen.

import { useEffect } from 'preact/hooks';
import { QueuePage } from './queue/page';
import { ResultPage } from './results/page';
import { APPEARANCES, type Preferences, usePreferences } from './shell/preferences';
import { type Route, linkTo, useRoute } from './shell/route';
import { StudiesPage } from './studies/page';
import { LANGUAGES, LanguageContext, useWords } from './words';

const LANGUAGE_NAMES = { en: 'English', ja: '日本語' };

export function App() {
  const preferences = usePreferences();
  const route = useRoute();
  return (
    <LanguageContext.Provider value={preferences.language}>
      <Header route={route} preferences={preferences} />
      <main id="content" tabIndex={-1}>
        <Page route={route} />
      </main>
    </LanguageContext.Provider>
  );
}

function Header({ route, preferences }: { route: Route; preferences: Preferences }) {
  const { shell } = useWords();
  const current = (page: Route['page']) => (route.page === page ? { 'aria-current': 'page' as const } : {});
  return (
    <header>
      <SkipLink />
      <div class="bar">
        <a class="brand" href="#/"><img src="./icon.svg" alt="" width="28" height="28" />{shell.title}</a>
        <nav aria-label={shell.pages}>
          <a href="#/" {...current('studies')}>{shell.studies}</a>
          <a href="#/queue" {...current('queue')}>{shell.queue}</a>
        </nav>
        <div class="preferences">
          <LanguageChoice preferences={preferences} />
          <AppearanceChoice preferences={preferences} />
        </div>
      </div>
      <p class="notice" role="note">{shell.researchOnly}</p>
    </header>
  );
}

/** The part of the address behind `#` is the page, so this moves the focus by itself. */
function SkipLink() {
  const { shell } = useWords();
  const skip = () => document.getElementById('content')?.focus();
  return <button type="button" class="skip" onClick={skip}>{shell.skip}</button>;
}

function LanguageChoice({ preferences }: { preferences: Preferences }) {
  const { shell } = useWords();
  return (
    <div class="choice" role="group" aria-label={shell.language}>
      {LANGUAGES.map((one) => (
        <button
          type="button" lang={one} key={one} aria-pressed={preferences.language === one}
          onClick={() => preferences.setLanguage(one)}
        >
          {LANGUAGE_NAMES[one]}
        </button>
      ))}
    </div>
  );
}

function AppearanceChoice({ preferences }: { preferences: Preferences }) {
  const { shell } = useWords();
  const names = { auto: shell.appearanceAuto, light: shell.appearanceLight, dark: shell.appearanceDark };
  return (
    <label class="appearance">
      <span class="visually-hidden">{shell.appearance}</span>
      <select
        value={preferences.appearance}
        onChange={(event) => preferences.setAppearance(APPEARANCES[event.currentTarget.selectedIndex] ?? 'auto')}
      >
        {APPEARANCES.map((one) => <option key={one} value={one}>{names[one]}</option>)}
      </select>
    </label>
  );
}

function Page({ route }: { route: Route }) {
  const { shell } = useWords();
  useEffect(() => {
    document.title = shell.title;
    scrollTo(0, 0);
  }, [route.page]);
  switch (route.page) {
    case 'studies':
      return <StudiesPage />;
    case 'queue':
      return <QueuePage />;
    case 'result':
      return <ResultPage resource={route.resource} key={linkTo(route.resource)} />;
    case 'unknown':
      return <section class="card"><h1>{shell.notFoundPage}</h1><a href="#/">{shell.backToStudies}</a></section>;
  }
}
