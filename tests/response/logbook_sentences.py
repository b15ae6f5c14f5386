"""Sentences as they stand in logbooks, invented: without and with what points to a person. HELD_OUT ones were written after the filter was done."""

from __future__ import annotations

ALLOWED = ("Boulevard Noord", "Boulevard Zuid", "Strandplein", "Pier", "Kurhaus", "Jan van Galenstraat", "tel-noord-1", "Johan de Wittlaan", "Willem III-plein")

PLAIN = """
Boulevard Noord kleurt oranje, doorstroming neemt af.
Drukte in vak A. Publiek stroomt door naar vak B.
Om 15.40 uur 2.500 personen op het Strandplein, 80 % van de capaciteit.
Poort 3 dicht op verzoek van politie, publiek omgeleid via Poort 4.
Melding van beveiliging: opstopping bij trap Zuid, circa 300 mensen.
Besluit: éénrichting op de Pier van 16:00 tot 18:00.
Verwachting rood om 16:10 (tussen 15:55 en 16:40, kans 70 %).
Extra trams ingezet vanaf 17.00 uur, lijn 1 en lijn 9.
Ambulance ter plaatse bij EHBO-post 2, persoon aanspreekbaar.
Kind kwijt gemeld bij post Noord, na 10 min herenigd met ouder.
Sensor tel-noord-1 geeft sinds 14:22 geen waarden.
Camera 12 beeld zwart, monteur onderweg.
Wind neemt toe tot 7 Bft, podium 2 voorbereid op ontruiming.
Afgesproken: om 15:30 opnieuw kijken, daarna besluit over afsluiten.
GHOR vraagt vrije doorgang via de Johan de Wittlaan.
Jan van Galenstraat afgesloten voor verkeer tot 22.00 uur.
Steward Noord meldt rustige sfeer, weinig alcohol.
Max. 500 personen per 10 min door de poort.
Overdracht aan nachtploeg om 23:00, geen open acties.
Verkeersregelaars verplaatst van Poort 1 naar Poort 5.
Publiek vertrekt richting station, verwachting 12.000 personen in 45 min.
LED-borden tonen: Strand vol, ga naar Boulevard Zuid.
Vuurwerk uitgesteld tot 23:30 vanwege windrichting ZW 5.
P+R Noord vol, verwijzing naar P+R Zuid actief.
Op 04-07-2026 was het om deze tijd 20 % rustiger.
Dichtheid 3,2 per m2 bij de Pier, 15 min geleden 2,1.
Telling met de hand: 412 in, 368 uit, interval 15:00-15:15.
Rook gezien bij tent 4, brandweer kijkt.
Water uitdelen gestart bij post 1, 2 en 3.
Mensen klimmen over hekken bij toegang West.
Storm Ciara: programma stopt om 18 uur.
Bij hotel Victoria staat een rij van 40 m.
Mark is niet bezet, kraampje 5 dicht. Wil graag extra hekken.
Prins Hendrikplein vol, doorgang 2 m.
Het Sint Jansplein blijft open.
Code oranje van het KNMI tot 20:00.
Scenario 2 klaargezet, opzettijd 30 min.
Prognose 13:00 was 4.200, gemeten 4.050.
Helikopter boven zee, geen bijzonderheden.
Bus 23 en 24 rijden om via Den Haag HS.
Dronken groep van 15 personen verwijderd van terras.
Roos van de windmeter staat op NW.
Toegang tot het strand bij paal 101 afgesloten.
DJ stopt om 22:45, licht aan om 22:50.
Tussen 10-12 uur 1.200 bezoekers, tussen 12-14 uur 3.400.
Gate 2 closed at 15:40; crowd diverted to Gate 4.
Density at the Pier 3.1 per m2 and rising.
Forecast: red at 16:10, chance 70 %; decide before 15:40.
Lost child reunited with parent at Post 1 after 10 minutes.
Police will keep the ramp clear until 18:00.
Stage 2 on hold for wind, gusts 60 km/h.
Ask organiser to delay the closing act by 15 min.
Queue at the tram stop 200 m, about 800 people.
May reach orange again around 17:30.
First aid reports 12 treatments since 12:00, none serious.
Sensor count-north silent since 14:05, replaced by hand counts.
Rose Square fills up, 85 % of capacity.
Handed over to night shift, no open actions.
No change since 14:00. Will look again at 14:30.
One-way on Boulevard Noord in force from 15:55.
Kop van de rij staat nu bij de Kurhaus-ingang.
Team 4 vraagt aflossing om 19 uur.
Doorstroming 21 p/m/min, geel voor deze plek.
Bericht naar omroep: strand vol, kom niet meer.
Hekken 20 stuks verplaatst van West naar Oost.
Vertraging treinen Leiden 20 min, meer mensen op station.
Beoordeling 14:00: sfeer goed, geen ingrijpen nodig.
Alarm 2026-07-04T13:40 vrijgegeven na 10 min.
Incident 3 gesloten, weg weer vrij.
Tel 112 bij nood hangt nu op alle borden.
Meeting at 15:00 with police, fire and medical; decided to wait.
Drone footage shows gaps on the north side.
""".strip().splitlines()

PERSONAL = """
name|Gesproken met dhr. De Vries van de horeca.
name|Mevrouw Jansen klaagt over geluid.
name|Kees meldt opstopping bij trap Zuid.
name|Fatima el Amrani is contactpersoon van de organisatie.
name|Kind genaamd Noah, 6 jaar, blauw shirt.
name|Verdachte Bakker aangehouden bij Poort 3.
name|J. van den Berg belt over de hekken.
name|Victim John Smith taken to hospital.
name|Mr. Brown asks for the gate to stay open.
name|Agent Pietersen ter plaatse.
name|Mark de Boer neemt dienst over.
name|Met de heer P.J. van Dijk afgesproken: hek blijft dicht.
name|Sanne van team 4 loopt naar de Pier.
name|Moeder Aisha zoekt haar zoon.
name|Talked to Sarah O'Connor at Post 1.
name|Max Verhoeven gewond aan been.
name|Wachten op antwoord van Mohammed Yilmaz.
name|Dr. Peeters is ter plaatse.
plate|Bestelbus AB-123-C staat voor de nooduitgang.
plate|Auto met kenteken 12-abc-3 weggesleept.
plate|Witte Golf 1-ABC-234 blokkeert de weg.
plate|Scooter DJK97F rijdt over de boulevard.
plate|Kenteken 99XBKZ gezien bij Pier.
plate|Duitse auto KÖ-AB 123 geparkeerd op de helling.
plate|Blue van AB12 CDE parked at the ramp.
plate|Kenteken: VX 123 B, grijze auto.
plate|Bus BV-JK-12 rijdt zich vast.
phone|Bereikbaar op 06-12345678.
phone|Bel 06 12 34 56 78 bij problemen.
phone|Terugbellen: +31 6 12345678.
phone|Nummer 070-3456789 van de meldkamer gegeven.
phone|Call 07700 900123 for the organiser.
phone|Belgisch nummer 0470 12 34 56 genoteerd.
phone|Reach the medic at +44 7700 900 123.
phone|0612345678 belt steeds de meldkamer.
email|Mail naar piet.jansen@example.org gestuurd.
email|Send to info+pier@example.com please.
number|BSN 123456782 doorgegeven aan politie.
number|Burgerservicenummer 111.222.333 op formulier.
number|Rekening NL91 ABNA 0417 1643 00 voor schade.
number|IBAN NL91ABNA0417164300 genoteerd.
number|Slachtoffer geb. 04-07-1990 naar ziekenhuis.
number|Rijksregisternummer 85.07.30-033.28 gevraagd.
number|ID-kaart nummer SPECI2014 getoond, 1234567890.
""".strip().splitlines()

HELD_OUT_PLAIN = """
Rij voor de toiletten bij Strandplein 60 m, publiek blijft geduldig.
Zone C loopt vol. Stewards vragen om hulp.
Hoofdpodium start 20 min later in overleg met organisator en politie.
Noodverlichting Pier uit sinds 21:35, storing gemeld.
Trein van 18:07 valt uit; perron 3 raakt vol.
Marktkramen in de Keizerstraat staan 1 m te ver uit de gevel.
Johan Cruijff Arena loopt leeg, stroom naar metro verwacht om 22:30.
Afspraak met de horeca: terrassen om 23:00 binnen.
Paars rookpotje afgestoken in vak 12, geen gewonden.
Bezetting Boulevard Zuid 1.850 (1.600 - 2.100).
Waterstand hoog om 19:12, strand 15 m smaller.
Besluit 4: geen maatregel, want prognose daalt na 17:00.
Verworpen: trams laten doorrijden zonder te stoppen.
Drie tot vier keer meer instroom dan uitstroom bij Poort 2.
Politie te paard 2 koppels naar de Kurhaus-trap.
Maximale doorgang 82 p/m/min, nu 34.
Brug open van 14.10 tot 14.25 u, daarna stroom in een keer.
Camera's 3, 4 en 7 kijken tegen de zon in.
Wegafzetting N44 blijft tot 01.00 uur.
Generator bij podium B stuk. Reserve staat klaar.
Dit is regel 41; vervangt regel 38, tijd was 15:05 en niet 15:50.
Hittestress: 27 graden, gevoelstemperatuur 31.
In de tent 3 graden warmer dan buiten.
Evenementenvergunning 2026-0412 staat 8.000 bezoekers toe.
Pontveer vaart om de 6 min, wachttijd 25 min.
Zwemmers teruggeroepen door reddingsbrigade, gele vlag.
Oud-Hollandse markt op het Plein trekt veel gezinnen.
Toegangscontrole op tassen vertraagt met 8 s per persoon.
De Oranje Kroon optocht komt om 14.40 langs de kerk.
Post 7 bemand door 4 EVO's en 2 EHBO'ers.
Scanner 5 leest 20 kaarten per minuut.
Metro E rijdt weer, nog 10 min drukte op het perron.
Pleinvrees-feest in de Grote Kerk is uitverkocht.
Ballon in bovenleiding lijn 11, geen trams tot 16.20.
Geen bijzonderheden.
Wheelchair platform full, two people moved to the south side.
Bridge opens at 14:10 for 15 min, expect a surge after.
Crowd sings along, nobody pushes, density 2.4.
Tram 9 skips the stop until 19:00.
Decided not to close: forecast falls after 17:00.
Barriers 12 to 20 moved 3 m back.
Toilets at Gate 5 out of water; plumber due at 18:00.
West stairs slippery after rain, sand on its way.
Organiser asks for 30 more stewards from 20:00.
Sunny and 24 degrees, more people than Saturday.
Dean Street and Frank Road closed to traffic.
Fire lane blocked by a truck, moved within 5 min.
The headliner ends at 22:45, then 9,000 people leave in 40 min.
Counted by hand: 212 in, 180 out in 15 min.
Radio channel 4 is noisy, switch to channel 6.
Level back to yellow at 16:42; alert cleared.
Grace period for tickets ends 21:00.
Signs say: beach full, take the Boulevard Noord exit.
Second aid post opened near the church.
Phones have no reception at the Pier, use radio.
""".strip().splitlines()

HELD_OUT_PERSONAL = """
name|Ouders van Lotte staan bij post 3.
name|Dhr Hendriks (horeca) wil het terras open houden.
name|Overdracht van Pieter aan Marieke om 23:00.
name|Getuige Van Leeuwen zag het gebeuren.
name|R. Bakker van de organisatie akkoord met uitstel.
name|Mevr. Ait-Said is onwel geworden.
name|Patrick Kluivert aanwezig in vip-tent.
name|Jongen heet Daan en is 9 jaar.
name|Spoke with Ms Taylor about the barriers.
name|Witness Oliver Jones gave a statement.
name|Medic Emma treats a man at the Pier.
name|Will Turner takes over as crowd manager.
name|Burgemeester De Graaf belt over de sluiting.
name|Khadija Benali mist haar dochter.
name|Beveiliger Sjoerd houdt de deur dicht.
name|van der Meulen en Yilmaz staan bij de trap.
plate|Taxi TX-123-L rijdt tegen de richting in.
plate|Vrachtwagen 45-BKL-7 blokkeert de calamiteitenroute.
plate|Auto 12XBG4 op invalidenplek.
plate|Motor MB-22-XK gestolen.
plate|Fransman met kenteken FR-123-AB wil erdoor.
plate|Belgische wagen 2-XYZ-789 weggesleept.
plate|Van with plate LK65 XYZ left unattended.
plate|German coach B-MW 4321 parked wrongly.
phone|Tel. 06 1234 5678 voor sleuteldienst.
phone|Organisator bereikbaar via 0031612345678.
phone|Meldkamer: (070) 345 67 89.
phone|Her number is 020 7946 0958.
phone|Gsm +32 470 12 34 56.
email|Foto's gestuurd door k.devries@voorbeeld.nl.
email|Write to press_office@example.co.uk for a line.
number|Burgerservicenummer 123456782 staat op het bandje.
number|Schade overmaken naar BE68 5390 0754 7034.
number|Patient born 12-03-1985 moved to hospital.
number|Paspoort NXK4B7231 gevonden bij de kassa.
number|Kind geboren 3 mei 2019, rode jas.
""".strip().splitlines()
