package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "UNI-004",
		Title: "PEC multipla tra imprese: ultima iscritta",
		Doc: "L'impresa ha lo stesso indirizzo di altre ma lo ha iscritto per ultima: la direttiva del 2015 invita a cambiarlo le altre, non lei (vedi UNI-001). L'avviso serve a non perderla di vista, perché " +
			"finché le altre non cambiano l'indirizzo resta comune.",
		Cure:    "Nessun adempimento dovuto; conviene verificare di avere la titolarità esclusiva della casella.",
		Cites:   []checker.Citation{directive2015, exclusiveAddress},
		InForce: checker.Period{From: circularSent},
		Ground:  checker.GroundSharedLast,
		Force:   checker.Advisory,
		Parsed:  true,
		Unless:  "UNI-002",
		// Where UNI-001 itself cannot speak, it lets nobody pass as the latest.
		Applies: func(s *checker.Subject) bool { return !insolvent(s) },
		Passes:  func(s *checker.Subject) bool { return len(s.Holders) == 0 },
		Judge: func(s *checker.Subject) checker.Result {
			others, rank := rankAmong(s)
			if rank != rankLatest {
				return pass()
			}
			return fail("Stesso indirizzo di " + others.String() + ". Questa impresa lo ha iscritto per ultima, il " + s.OwnSince.Italian() + ".")
		},
	})
}
