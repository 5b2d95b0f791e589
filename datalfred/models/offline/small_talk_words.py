"""How people speak with the supervisor itself: greetings, help, what is refused."""

# ruff: noqa: E501 -- a pattern is read in one line

import re

GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|yo|hiya|howdy|morning|evening|moin(?: moin)?|hallo|servus|gr(?:ü|ue|u)e?(?:ß|ss|z)(?: gott|i)|guten (?:morgen|tag|abend)|bonjour|bonsoir|salut|coucou|hola|buen[oa]s (?:d[ií]as|tardes|noches)|ol[aá]|bom dia|boa tarde|ciao|buongiorno|buonasera|hej|hei|god morgen|dzie[nń] dobry|cze[sś][cć]|ahoj|privet|привет|merhaba|namaste|salaam|shalom|aloha|konnichiwa|こんにちは|ni ?hao|你好|안녕하세요)(?:\s+(?:there|datalfred|team|all|everyone|again|zusammen|a todos|tout le monde))*\W*$",
    re.IGNORECASE,
)


THANKS = re.compile(
    r"^\W*(?:(?:many |muchas |mille |vielen |mange |tusen |ok |okay |great |perfect |cool |super |awesome |nice )*(?:thanks?|thank you|thx|ty|cheers|much appreciated|merci|danke(?: ?sch[oö]n)?|gracias|grazie|obrigad[oa]|tack|takk|dzi[eę]kuj[eę]|arigato|spasibo|спасибо|ありがとう|谢谢)(?: (?:beaucoup|mille|sehr|vielmals|a lot|so much|very much|again|you|datalfred|man|mate|for (?:that|the help|your help|this)))*|great(?: job| work)?|perfect|awesome|[^\w?]+|nice(?: one| work)?|cool|good (?:job|work|bot)|well done|ok(?:ay)?|got it|understood|excellent|lovely)\W*$",
    re.IGNORECASE,
)


BYE = re.compile(
    r"^\W*(?:bye|goodbye|see you(?: later| tomorrow)?|good night|tsch[uü]ss|au revoir|adi[oó]s|hasta luego|arrivederci|cu|later|that(?:'s| is| will be| would be) all(?: for (?:now|today))?|nothing else)\W*(?:thanks|thank you)?\W*$",
    re.IGNORECASE,
)


HOW_ARE_YOU = re.compile(
    r"^\W*(?:(?:hi|hello|hey)\W+)?(?:how are you|how(?:'s| is) it going|what(?:'s| is) up|how do you do|are you (?:there|ok|awake|alive))\b.{0,20}$",
    re.IGNORECASE,
)


ABOUT_ME = r"(?:help(?: me)?|\?+|what (?:can|do) you do(?: for (?:me|us))?|what can (?:i|you|we) (?:ask|do|help)(?: (?:you|me|us|with|about|for))*|how (?:can|do) (?:i|you) (?:use you|help(?: me| us)?|work)|who (?:are you|r u)|what are you good for|what are you(?: able to do| capable of| for| good (?:for|at))?|what is datalfred|introduce yourself|(?:what are |list |show )?(?:me )?your (?:capabilities|features|skills|functions|commands)|tell me about yourself|what (?:kinds? of )?questions can (?:i|you) (?:ask|answer)(?: you)?|capabilities|commands|usage|what do you know(?: about)?|(?:what|which) (?:model|llm|ai) (?:are you|do you use|is this)|are you (?:chat ?gpt|claude|gemini|copilot|gpt[\w.-]*|an? (?:ai|bot|llm|robot|human|person|language model))|what (?:should|could) i ask(?: you)?|i(?:'m| am) new(?: here)?(?:\W+(?:where|how) do i (?:start|begin))?|where do i (?:start|begin)|what is this(?: thing| bot)?|how does this work|getting started|what (?:else )?can you (?:help|answer|tell)(?: (?:me|us|with|about))*)"


HELP = re.compile(
    rf"^\W*(?:(?:hi|hello|hey|please|ok|so)\W+)*{ABOUT_ME}(?:\W+(?:(?:and|or)\W+)?{ABOUT_ME})*\W*$",
    re.IGNORECASE,
)


SECRETS = re.compile(
    r"\b(?:passwords?|passwd|credentials?|secret (?:access )?keys?|access keys?|api[ _-]?keys?|private keys?|(?:session|auth|api|access|bearer|oauth|refresh|service|crm)(?: api)? tokens?|secrets manager|aws keys?|\.env\b|ssh keys?)\b|\bsecrets\b",
    re.IGNORECASE,
)


SECRET_TOPIC = re.compile(
    r"\b(?:tables?|columns?|expired?|expir\w+|fail\w*|error|pipeline|rotat\w+|topic|tickets?|reset|why)\b",
    re.IGNORECASE,
)


INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|rules|prompts?|guardrails?|previous|restrictions?|safety)\b|\b(?:system prompt|your (?:instructions|prompt|rules|system message)|from now on,? you|without (?:any |an )?(?:approval|permission|confirmation)s?|skip (?:the )?approvals?|jailbreak|developer mode|act as|pretend (?:to be|you)|you are now|you are dan)\b",
    re.IGNORECASE,
)


OUTSIDE = re.compile(
    r"\b(?:weather|forecast for (?:today|tomorrow)|temperature outside|joke|poem|haiku|song|lyrics|story|recipe|cook|translate|translation|horoscope|lottery|football|soccer|world cup|olympics|nba|movie|film|netflix|president|prime minister|election|capital of|population of|who (?:is|was) (?!our|the (?:best|top|biggest|largest))[A-Z]\w+|meaning of life|stock price|share price|bitcoin|crypto|exchange rate|(?:the|latest|today'?s|world) news\b(?! (?:on|of|about|from))|wikipedia|google (?:for|search)|book (?:me )?a (?:flight|hotel|table|room|meeting)|send (?:an? )?(?:email|e-mail|mail|message|slack)|write (?:me )?(?:an? )?(?:email|essay|poem|letter|python|code|script|function|program|blog|cover letter|story)|(?:python|javascript|java|rust) (?:code|script|function|program)|birthday|marry|love me|your favou?rite|do you (?:like|love|dream|feel|sleep)|are you (?:human|an? ai|a robot|real|conscious|married)|sing|dance|who (?:made|built|created|invented) you|how (?:do|would|does) (?:you|i|we|one) say|do you personally|your (?:personal )?opinion|you (?:personally )?like best|lasagn[ae]|recipes?|time is it|what(?:'s| is) the (?:time|date)(?: today)?\W*$|what day is (?:it|today)|tell me (?:something|anything) (?:funny|interesting)|restaurant|order (?:a|me a) pizza|square root|prime numbers?|solve|equation|fibonacci|medical|doctor'?s? advice|legal advice|invest(?:ment)? advice|diet|workout|play (?:a|some|me))\b|^\W*(?:what is |what's |calculate |compute )?\d+\s*[-+*/x^]\s*\d+\W*$",
    re.IGNORECASE,
)


CODE = re.compile(
    r"^\W*(?:please |can you |could you |hey |now |just |would you )*(?:write|generate|code|draft|program|implement|develop|give|create|build|make)\b (?:me |us |up )?(?:a |an |some |the |my )?(?:[\w-]+ ){0,3}(?:modules?|scripts?|programs?|code|class(?:es)?|regex(?:es)?|dockerfile|terraform|cloudformation|cronjobs?|website|web page|html|playbook|unit tests?|essay|poem|haiku|song|limerick)\b|\btell (?:me|us) (?:a|an|another) (?:\w+ )?(?:story|joke|tale)\b|\b(?:fix|debug|review|refactor|explain|optimi[sz]e)\b.{0,40}\b(?:my|this|our) (?:\w+ ){0,2}(?:code|script|program|function)\b",
    re.IGNORECASE,
)


RUDE = r"(?:(?:you|u|this bot|this thing|datalfred|that|it)(?: are|'re|r| is|'s|'s)? )?(?:so |such |a |an |really |totally |completely |absolutely |fucking |just |the |plain )*(?:useless|stupid|dumb|idiot(?:ic)?|moron|suck(?:s|ing)?|terrible|awful|horrible|worst|worthless|crap|rubbish|garbage|trash|shit|bullshit|pathetic|incompetent|annoying|fool|wrong|nonsense|f+u+c+k+(?: you| off| this)?|shut up|screw you|i hate (?:you|this)|wtf)(?: (?:bot|answer|thing|machine|tool|assistant|ever|robot))*"


INSULT = re.compile(rf"^\W*{RUDE}(?:\W+{RUDE})*\W*$", re.IGNORECASE)


APPROVES = re.compile(
    r"^\W*(?:please |can you |could you |ok |okay |yes |now |just |go ahead and |would you |and )*(?:approve|deny|reject|sign off|grant|release|confirm)\b(?! rates?\b)",
    re.IGNORECASE,
)


HANDS_OFF = re.compile(
    r"^\W*(?:please |ok |okay |no |actually |wait |and |but |hey |,)*(?:(?:(?:do not|don'?t|never|no need to) (?:please )?(?:re-?drive|re-?run|re-?try|re-?start|run|touch|start|do|request|approve|execute|trigger)(?: (?:it|that|this|any(?:thing| of them| pipeline)?|them|the|[a-z0-9]+(?:-[a-z0-9]+)+|again|yet|now|please|for now|at all))*)|(?:stop|cancel|abort|no|withdraw|drop)(?: (?:it|that|this|the|request|redrive|rerun|retry|approval|please))*|never ?mind|forget (?:it|that))\W*$",
    re.IGNORECASE,
)


BOOKING = re.compile(
    r"\b(?:book|reserve) (?:me |us )?(?:a|an|the) (?:table|room|flight|hotel|taxi|cab|meeting)\b",
    re.IGNORECASE,
)


WHAT_IS_REDRIVE = re.compile(
    r"\bwhat (?:is|are|does|do) (?:a |an |the )?(?:word )?re-?driv(?:es?|ing)\b(?: (?:mean|do|in step functions|anyway|exactly))*\W*$",
    re.IGNORECASE,
)


AFFIRMS = re.compile(
    r"^\W*(?:(?:yes|yep|yeah|yup|sure|ok|okay|please|do|go|it|that|so|ahead|go for it|proceed|confirmed|confirm|now|absolutely|of course|make it so|just|and|then|k)\W*)+$",
    re.IGNORECASE,
)


FUTURE = re.compile(
    r"\b(?:predict|forecast|projection)\b|\bwhat will\b.{0,60}\bbe\b|\bwill (?:we|our|they|it|there|the|sales|revenue)\b.{0,60}\b(?:next (?:week|month|quarter|year)|tomorrow|20(?:2[7-9]|[3-9]\d))\b",
    re.IGNORECASE,
)


SHOW_SQL = re.compile(
    r"^\W*(?:(?:can|could|would) you |please |and |ok |now |so |just )*(?:show|give|print|display|repeat|see|what(?:'s| is| was)|which|can i see|let me see|i want to see|how did you (?:get|calculate|compute))\b.{0,30}\b(?:sql|query|statement)\b(?: (?:you|that you|did you|which you|it|behind|for|of|used|ran|run|again|please|me|that|this|was|the|answer|result|number|i|use))*\W*$|^\W*(?:the )?sql(?: please)?\W*$|^\W*how did you (?:get|calculate|compute|arrive at) (?:that|this|it|these|those)(?: (?:number|figure|result|answer)s?)?\W*$",
    re.IGNORECASE,
)


WRITES = re.compile(
    r"^\W*(?:please |can you |could you |now |then |i want you to |just |would you )*(?:delete|drop|truncate|insert|update|alter|remove|overwrite|grant|revoke|rename|wipe|erase|purge|deploy|terminate|shut ?down|kill|stop (?:the|all)|disable|scale|create (?:a |an |the )?(?:new )?(?:table|database|view|user|bucket|pipeline|schema|index|column|row|role|policy))\b",
    re.IGNORECASE,
)


APPROVALS = re.compile(
    r"\b(?:pending|waiting|open|outstanding|all) (?:approvals?|requests)\b|\bapprovals? (?:are |is )?(?:pending|waiting|open)\b|\b(?:waits?|waiting|pending) (?:for )?(?:an? |my )?approval\b|^\W*(?:list|show)(?: me)?(?: the| all| my)? approvals\W*$",
    re.IGNORECASE,
)


CHANGES_OPS = re.compile(
    r"^\W*(?:please |can you |could you |now |then |i want you to |just |would you )*(?:cancel|pause|abort|stop|increase|decrease|raise|lower|resize|fix|repair|enable|configure|change|set|modify|bump|double|mute|silence|acknowledge|snooze)\b.*\b(?:memory|pipelines?|jobs?|tasks?|alarms?|thresholds?|schedules?|time-?outs?|state machines?|executions?|ingestion|sync|definition|retention|workers?|runs?|\w+-(?:load|sync|ingestion|import|export|refresh|report|aggregation))\b",
    re.IGNORECASE,
)


OPS = re.compile(
    r"\b(?:pipelines?|workflows?|state machines?|step functions?|executions?|redriv\w+|re-?run(?:s|ning)?|retry|retries|restart(?:ed|s)?|root cause|diagnos\w+|alarms?|alerts?|log ?groups?|log streams?|logs|log(?=\W*(?:$|,|lines?\b|of\b|for\b|files?\b|entries\b|messages?\b|output\b|today\b))|(?<=the )log|(?<=its )log|(?<='s )log|(?<=er )log|(?<=error )log|cloudwatch|ecs|emr|fargate|stack ?traces?|exceptions?|etl|dags?|loader|what broke|broke|broken|crash\w*|outage|on-?call|nightly (?:run|load|job|batch)|job runs?|glue jobs?|spark jobs?|lambdas?|lambda functions?|exit codes?|access denied|permission denied|out of memory|oom\w*|kick off|failing|went wrong|pager|paged|post ?mortem|in flight|in progress|fell over|fall over|stuck|hang(?:ing|s)?|hung|anything (?:else )?(?:red|broken|failing|on fire|running)|(?:prod|production|everything|system|platform|service) (?:is |are )?down|on fire|healthy|unhealthy)\b",
    re.IGNORECASE,
)


RUN_SQL = re.compile(
    r"^\W*(?:please )?(?:run|execute|explain|estimate)?\W*(?:this |the )?(?:sql|query)?\W*(?:select|with)\b.+\bfrom\b|```",
    re.IGNORECASE | re.DOTALL,
)
