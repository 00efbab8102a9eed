package rules

import "pecaudit/checker"

// The sources that several rules cite. The links are permanent ones: Normattiva's URN and the RFC Editor's numbers.
var (
	companiesDuty = checker.Citation{
		Text: "Art. 16, c. 6, D.L. 29 novembre 2008, n. 185 (conv. L. 2/2009): domicilio digitale delle imprese in forma societaria",
		URL:  "https://www.normattiva.it/uri-res/N2Ls?urn:nir:stato:decreto.legge:2008-11-29;185~art16",
	}
	inactiveDomicile = checker.Citation{
		Text: "Art. 16, c. 6-ter, D.L. 185/2008, inserito dall'art. 37 D.L. 16 luglio 2020, n. 76 (conv. L. 120/2020): domicilio digitale inattivo",
		URL:  "https://www.normattiva.it/uri-res/N2Ls?urn:nir:stato:decreto.legge:2020-07-16;76~art37",
	}
	soleTradersDuty = checker.Citation{
		Text: "Art. 5, D.L. 18 ottobre 2012, n. 179 (conv. L. 221/2012): imprese individuali attive e non soggette a procedura concorsuale",
		URL:  "https://www.normattiva.it/uri-res/N2Ls?urn:nir:stato:decreto.legge:2012-10-18;179~art5",
	}
	exclusiveAddress = checker.Citation{
		Text: "Lettera-circolare MISE prot. 77684 del 9 maggio 2014: indirizzo PEC esclusivo di ciascuna impresa",
	}
	univocalAddress = checker.Citation{
		Text: "Circolare MISE n. 3670/C del 23 giugno 2014: indirizzo PEC univoco ed esclusivo",
	}
	directive2015 = checker.Citation{
		Text: "Direttiva MISE-Giustizia del 27 aprile 2015: verifiche automatiche delle PEC iscritte; in caso di indirizzo comune sono invitate le imprese diverse dall'ultima iscritta",
	}
	directorsDomicile = checker.Citation{
		Text: "Art. 13, c. 3 e 4, D.L. 31 ottobre 2025, n. 159 (conv. L. 198/2025): il domicilio digitale dell'amministratore non può coincidere con quello dell'impresa",
		URL:  "https://www.normattiva.it/uri-res/N2Ls?urn:nir:stato:decreto.legge:2025-10-31;159~art13",
	}
	certifiedMail = checker.Citation{
		Text: "D.P.R. 11 febbraio 2005, n. 68, art. 14: elenco pubblico dei gestori di posta elettronica certificata",
		URL:  "https://www.normattiva.it/uri-res/N2Ls?urn:nir:presidente.repubblica:decreto:2005-02-11;68~art14",
	}
	certifiedReceipts = checker.Citation{
		Text: "D.M. 2 novembre 2005 e RFC 6109: ricevute della posta elettronica certificata",
		URL:  "https://www.rfc-editor.org/rfc/rfc6109",
	}
	mailSyntax = checker.Citation{
		Text: "RFC 5321, par. 4.1.2 e 4.5.3.1, e RFC 5322, par. 3.4.1: forma e lunghezza di un indirizzo",
		URL:  "https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2",
	}
	mailRouting = checker.Citation{
		Text: "RFC 5321, par. 5.1: quali server ricevono la posta di un dominio",
		URL:  "https://www.rfc-editor.org/rfc/rfc5321#section-5.1",
	}
	registerOrder = checker.Citation{
		Text: "Art. 2188 e seguenti codice civile: registro delle imprese",
		URL:  "https://www.normattiva.it/uri-res/N2Ls?urn:nir:stato:regio.decreto:1942-03-16;262:2~art2188",
	}
)

// The days from which several rules hold.
var (
	dutyBegan    = checker.Date{Year: 2008, Month: 11, Day: 29} // D.L. 185/2008
	circularSent = checker.Date{Year: 2014, Month: 5, Day: 9}   // circular 77684
)
