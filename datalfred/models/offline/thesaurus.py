"""Plain English for what catalogs call things: abbreviations in names, words that mean the same."""

from datalfred.models.offline.text import stem, words_in, words_of

_ABBREVIATIONS = dict(
    pair.split("=")
    for pair in words_in(
        """
acct=account addr=address amt=amount avg=average bal=balance cat=category cd=code
cnt=count ctry=country cntry=country cust=customer dept=department desc=description
dest=destination dob=birth dt=date dur=duration emp=employee inv=invoice lang=language
loc=location mgr=manager mo=month mth=month nm=name nbr=number num=number ord=order
org=organization pct=percent pmt=payment prc=price prod=product qty=quantity
rcvd=received rev=revenue sal=salary seg=segment sess=session stat=status sts=status
tot=total trx=transaction ts=timestamp txn=transaction usr=user val=value whs=warehouse
wh=warehouse wt=weight yr=year sec=seconds secs=seconds mins=minutes hrs=hours
temp=temperature pt=patient dr=doctor diag=diagnosis adm=admission appt=appointment
veh=vehicle drv=driver shp=shipment shpmt=shipment dlv=delivery dlvry=delivery
orig=origin sz=size typ=type ccy=currency curr=currency
"""
    )
)
_GROUPS = tuple(
    tuple(stem(word) for word in line.split())
    for line in """
    revenue sale sales sell sold money turnover income earnings earn takings bring brought amount
    spend spent cost costs paid pay expense expenses expenditure amount total
    customer client buyer shopper consumer
    customer people person
    order purchase purchases purchased transaction buy bought buys ordering
    product item article sku good goods merchandise
    quantity unit units piece pieces pcs volume
    price cost costs
    session visit visits
    ticket case issue complaint request
    employee staff worker colleague personnel people person
    shop store branch outlet
    amount value worth sum total money
    amount price total
    duration length long time last lasted minutes hours
    city town
    country nation market countries
    satisfaction rating score csat satisfied rated
    refund refunded reimbursed reimbursement
    weight heavy heaviest lightest
    distance far kilometers km mileage
    doctor physician
    patient people person
    trip ride journey
    shipment delivery parcel package consignment
    delay late delayed
    invoice bill billed
    salary wage pay paid earn
    car vehicle
    supplier vendor
    warehouse depot
    conversion converted convert converting
    cancellation cancelled canceled cancel
    category type kind class sort
    visitor user
    passenger traveler traveller
    student pupil
    teacher instructor
    department division unit
    admission stay hospitalisation hospitalization admitted
    voucher coupon promo discount
    ad advertising advert marketing
    fee charge
    channel medium
    destination arrival
    origin departure
    subscription plan
    gender sex
    birth born
    reason cause why""".strip().splitlines()
)


def expand(name: str) -> tuple[str, ...]:
    """The words of a technical name with its abbreviations opened: ``ord_amt`` is order, amount."""
    return tuple(_ABBREVIATIONS.get(word, word) for word in words_of(name))


def alternatives(word_stem: str) -> tuple[str, ...]:
    """Stems of words that may mean the same, nearest first."""
    found: dict[str, None] = {}
    for group in _GROUPS:
        if word_stem in group:
            found.update(dict.fromkeys(group))
    found.pop(word_stem, None)
    return tuple(found)


_CODES_TEXT = """
    germany=de,deu; france=fr,fra; italy=it,ita; spain=es,esp; portugal=pt,prt; austria=at,aut
    switzerland=ch,che; netherlands=nl,nld; belgium=be,bel; poland=pl,pol; sweden=se,swe
    denmark=dk,dnk; norway=no,nor; finland=fi,fin; ireland=ie,irl; united kingdom=gb,gbr,uk
    uk=gb,gbr; britain=gb,gbr; england=gb; united states=us,usa; usa=us; america=us,usa
    canada=ca,can; mexico=mx,mex; brazil=br,bra; japan=jp,jpn; china=cn,chn; india=in,ind
    australia=au,aus; czechia=cz,cze; greece=gr,grc; hungary=hu,hun; romania=ro,rou
    luxembourg=lu,lux; female=f; females=f; women=f,female; male=m; males=m; men=m,male; yes=y
    no=n; german=de,germany; french=fr,france; italian=it,italy; spanish=es,spain
    dutch=nl,netherlands; british=gb,united kingdom; american=us,united states
    polish=pl,poland; swiss=ch,switzerland; austrian=at,austria; belgian=be,belgium
    portuguese=pt,portugal; swedish=se,sweden; danish=dk,denmark
"""
_CODES = dict(
    item.strip().split("=")
    for line in _CODES_TEXT.strip().splitlines()
    for item in line.split("; ")
)


def codes(phrase: str) -> tuple[str, ...]:
    """Codes that a column may hold for a word: ``de`` for Germany, ``f`` for female."""
    return tuple(_CODES.get(phrase, "").split(",")) if phrase in _CODES else ()


def words_for(code: str) -> tuple[str, ...]:
    """Words that may have been said for a code."""
    return tuple(word for word, known in _CODES.items() if code in known.split(","))
